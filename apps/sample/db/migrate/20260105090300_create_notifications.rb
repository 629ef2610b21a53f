class CreateNotifications < ActiveRecord::Migration[7.2]
  def change
    create_table :notifications do |t|
      t.references :user, null: false, foreign_key: true, index: false
      t.string :body, null: false
      t.string :delivered_by, null: false
      t.timestamps

      t.index %i[user_id body], unique: true
    end
  end
end
